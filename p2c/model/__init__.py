"""The model: any endpoint that speaks OpenAI's chat completions."""
