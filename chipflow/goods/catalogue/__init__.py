"""The knowledge tables: chips, systems, words, rules and country groups."""
