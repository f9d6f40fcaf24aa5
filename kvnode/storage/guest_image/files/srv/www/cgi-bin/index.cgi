#!/bin/sh
# http://GUEST/: who answers, since when, and to whom.
printf 'Content-Type: text/plain\r\nCache-Control: no-store\r\n\r\n'
echo "kvnode-tiny"
echo "hostname=$(hostname)"
echo "client=$REMOTE_ADDR"
/bin/facts uptime addresses
