"""The door for the terminal: translates words into calls and results into text; decides nothing."""
