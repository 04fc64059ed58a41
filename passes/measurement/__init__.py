"""What to measure: settings, the plan that covers all observables, and what each setting sees."""
