"""Names of models and data sets in `config.yaml`, and their ids on the Hugging Face Hub; never exchanged silently."""

from p2c.names.hub import HuggingFace
from p2c.names.resolve import Names, resolve_names
from p2c.names.review import apply, look_up
from p2c.names.show import show

__all__ = ["HuggingFace", "Names", "apply", "look_up", "resolve_names", "show"]
