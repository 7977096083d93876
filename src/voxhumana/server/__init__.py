"""The server: HTTP and WebSocket, after OpenAI's APIs where there is one."""
