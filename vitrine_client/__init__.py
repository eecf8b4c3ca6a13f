"""A visitor of Vitrine's shared rooms, for programs: bots, tests, and apps in Python."""
