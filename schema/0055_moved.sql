-- What a change of the grid must find: src/loop/moved.sql.
-- across: an officer's duties may lie in many counties
CREATE INDEX duties_holder ON duties (officer);
-- across: an officer may stand in for one of another county
CREATE INDEX officers_substitute ON officers (substitute);
-- across: an organisation may have officers in many counties
CREATE INDEX officers_of ON officers (organisation);
CREATE INDEX area_merged ON area (merged_into);
-- across: a duty of a city reaches over its counties
CREATE INDEX tasks_open ON tasks (area, sector) WHERE state <> 'closed';
