"""The conversation: whose turn it is, what is drafted, what was heard."""
