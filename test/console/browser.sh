#!/bin/sh
# browser.sh - what people do with the console, done in Chromium.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
need_console
need_browser
node_test browser.test.mjs
