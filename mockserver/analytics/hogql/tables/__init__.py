"""What can be selected from: tables, their fields, and where those lead."""
