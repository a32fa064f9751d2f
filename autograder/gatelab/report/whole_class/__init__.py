"""The class as a whole: class.json, item analysis, similar answers, changes since the last run."""
