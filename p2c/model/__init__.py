"""The model: any endpoint that speaks OpenAI's chat completions."""

from p2c.model.code import NotCode, Truncated, extract_code
from p2c.model.opening import open_model
from p2c.model.recorded import save_recording
from p2c.model.settings import ModelSettings

__all__ = ["ModelSettings", "NotCode", "Truncated", "extract_code", "open_model", "save_recording"]
