"""Alerts: a program started, or a web address told, when a connection gets a certain verdict or finding.

`matching` makes alerts of news, `channel` queues them and tries again, `targets` delivers. Nothing here
waits for whoever is told: capturing goes on.
"""

from analyzer.alerts.channel import Channel
from analyzer.alerts.matching import Alert, Alerts
from analyzer.alerts.targets import Command, Webhook

__all__ = ["Alert", "Alerts", "Channel", "Command", "Webhook"]
