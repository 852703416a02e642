"""The clockwork: the Celery application, the timetable, and one thin module of jobs per floor."""
