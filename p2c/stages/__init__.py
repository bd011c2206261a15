"""The three stages: planning, analysis, coding."""
