#!/bin/sh
# words.sh - the console's words, complete in both languages; no browser needed.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
node_test words.test.mjs
