"""Populations: persons and their events made up from what a scenario says of them.

`declarations` reads the `generate` part of a scenario, `choices` makes values, `paces` spreads moments, `populations`
makes persons, `deeds` what they may do, `journeys` their events, which are worked out when they are read, and `filling`
puts them into a world.
"""
