"""What a failing answer says: the first thing that is wrong, and the misconception where it is known."""
