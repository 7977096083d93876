"""`/v1/realtime`: spoken conversation after the OpenAI Realtime protocol."""
