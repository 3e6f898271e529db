-- Measures about a contact, in whichever county: they end with its case (src/epidemic/measure.c).
-- across: a measure's area need not be its contact's
CREATE INDEX measures_of ON measures (contact, id);
