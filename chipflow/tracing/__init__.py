"""Which shipment continues which? Goods followed in time, in number and in weight."""

from chipflow.tracing.trace import Tracing, trace

__all__ = ["Tracing", "trace"]
