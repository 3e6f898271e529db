-- Rows that a file refers to by name: src/record/naming.h.
-- across: a name does not say its county
CREATE INDEX organisations_named ON organisations (name, area, id, state);
-- across: a name does not say its county
CREATE INDEX officers_named ON officers (name, area, id, state);
-- across: a name does not say its county
CREATE INDEX units_named ON units (name, area, id, state);
