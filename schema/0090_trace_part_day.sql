-- What was told of a day's visits goes when the day's key is gone.
-- across: keys are the house's
CREATE INDEX trace_part_day ON trace_part (day);
