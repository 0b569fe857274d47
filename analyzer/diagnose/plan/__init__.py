"""What if: the capture's idle and dead periods against other keep-alive timers."""

from analyzer.diagnose.plan.recommend import Bounds, bounds_of, recommend
from analyzer.diagnose.plan.replay import Replay, Timers
from analyzer.diagnose.plan.settings import settings_for

__all__ = ["Bounds", "Replay", "Timers", "bounds_of", "recommend", "settings_for"]
