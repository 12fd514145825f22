"""What the app does. Views, pages, tasks and commands are thin edges over these.

a report comes in            recording, together (several callers at once), documents
    is looked up             resolving, looking_up, codes, fitting
    is stored                recorded, inserting, inserting_reports, announcing
a plan comes in              entering, revising, planning
    names in it              naming, naming_queries, naming_rows
a subject is due             queue, doorbell; reaching (by a change that is not a report)
    is worked out            reconciling
    is read                  dossiers, loading, translating, rules, parties, snapshots
    is written               picturing, retelling, storing
what is believed is told     telling, explaining, value_names, flows
    to whoever subscribed    relaying, webhooks
    again, byte for byte     answers
an analyst acts              curating, deciding, binding, merging, foreseeing
rows from files              cases, case_subjects, vocabularies, vocabulary_rows
checked, forgotten           verifying, erasing
what can go wrong            errors
"""
