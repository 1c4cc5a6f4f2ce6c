"""How well goods are followed, how fast, against what else, and what each part of it gives.

Six questions, each on simulated worlds of seeds that were used to choose nothing:

    python benchmarks/tracing.py speed    [--rows 1000000]      time and memory, as ratios
    python benchmarks/tracing.py bars     [--seeds 20] [--hard] [--missing 0.2] [--schemes none]
    python benchmarks/tracing.py documented [--seeds 4]         forms of documented cases
    python benchmarks/tracing.py handovers [--hard] [--schemes none] [--without-imports]
    python benchmarks/tracing.py peers    [--seeds 3]           other methods in the same run
    python benchmarks/tracing.py ablation [--seeds 3] [--null-worlds 100] [--out docs/images]

`speed` and `bars` end with exit status 1 if a bar is missed. `peers` compares with an isolation
forest too if scikit-learn is installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

FIRST_SEED = 3001  # seeds from here on have chosen no constant of chipflow
RECORDS = 40_000  # records of a world, as the bars say


def main() -> int:
    """Run one of the commands and return its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    speed = commands.add_parser("speed", help="time and memory, as ratios in one run")
    speed.add_argument("--rows", type=int, default=1_000_000)
    speed.add_argument(
        "--runs", type=int, default=3, help="of the short stages; the fastest counts"
    )
    speed.add_argument("--folder", type=Path, help="keep what is made here, and use it again")
    stage = commands.add_parser("stage")  # one timed stage of `speed`, in a process of its own
    stage.add_argument("name")
    stage.add_argument("folder", type=Path)
    stage.add_argument("rows", type=int)
    bars = commands.add_parser("bars", help="recall, precision and calibration")
    bars.add_argument("--schemes", default="every")
    bars.add_argument("--missing", type=float, default=0.0)
    documented = commands.add_parser("documented", help="forms of documented cases, by kind")
    handovers = commands.add_parser("handovers", help="who is named as a source, and rightly?")
    handovers.add_argument("--schemes", default="every")
    handovers.add_argument(
        "--without-imports", action="store_true", help="take the sources' purchases away"
    )
    peers = commands.add_parser("peers", help="other methods on the same worlds")
    ablation = commands.add_parser("ablation", help="each part removed in turn, and plots")
    ablation.add_argument("--out", type=Path, default=Path("docs/images"))
    ablation.add_argument("--null-worlds", type=int, default=100, help="worlds without schemes")
    ablation.add_argument(
        "--part", action="append", dest="parts", help="one of the parts, instead of all"
    )
    for each, seeds in ((bars, 20), (documented, 4), (handovers, 6), (peers, 3), (ablation, 3)):
        each.add_argument("--seeds", type=int, default=seeds, help="how many")
        each.add_argument("--first-seed", type=int, default=FIRST_SEED)
        each.add_argument("--records", type=int, default=RECORDS)
        each.add_argument("--processes", type=int, default=2)
        each.add_argument("--hard", action="store_true", help="worlds of the hard setting")
    options = parser.parse_args()
    if options.command == "speed":
        import tracing_speed

        return tracing_speed.run(options)
    if options.command == "stage":
        import tracing_speed

        return tracing_speed.run_stage(options.name, options.folder, options.rows)
    if options.command == "bars":
        import tracing_bars

        return tracing_bars.run(options)
    if options.command == "documented":
        import tracing_documented

        return tracing_documented.run(options)
    if options.command == "handovers":
        import tracing_handovers

        return tracing_handovers.run(options)
    if options.command == "peers":
        import tracing_peers

        return tracing_peers.run(options)
    import tracing_ablation

    return tracing_ablation.run(options)


if __name__ == "__main__":
    sys.exit(main())
