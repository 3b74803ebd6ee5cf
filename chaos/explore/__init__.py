"""Schedules of faults that nobody wrote by hand: drawn, played on the mock, judged by every check, and made small.

schedule = drawn(seed=4711, number=17)            # a value: who is in what state, and acts with their moments
timeline = …play(experiment_of(schedule), lab, …)  # as any experiment
violations(timeline)                               # what any clause has against it
"""
