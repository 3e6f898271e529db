-- The greatest id is asked for when a house begins: src/loop/loop.c.
-- across: an id does not say its county
CREATE INDEX task_comment_id ON task_comment (id);
