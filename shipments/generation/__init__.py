"""Made-up shipments with reports that look like the world's: late, doubled, quoted, contradicted, withdrawn.

    seed, number ─> stories (pure) ─> plan rows (COPY) and reports (services.recording) ─> due

A story depends on the seed and its own number alone: the first hundred of a thousand shipments are
the hundred that a smaller run makes, with the same natural keys and the same content.
"""
