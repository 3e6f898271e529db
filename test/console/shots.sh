#!/bin/sh
# shots.sh - pictures of every page for people to look at, in build/console/shots.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
need_console
need_browser
node_test shots.test.mjs
