"""Who belongs to a cohort: listed persons, or those who meet its conditions."""
