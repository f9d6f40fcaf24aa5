# Reads the little of a #cloud-config that the guest understands; -v want= chooses what is printed:
#   hostname   the value of "hostname" (or else "fqdn" up to its first dot)
#   commands   bootcmd's and runcmd's items as lines of shell
#   unknown    each top-level key that is none of these
# Not a YAML parser: block lists of plain or quoted scalars, literal blocks ("- |"), and flow lists of scalars
# ("- [ls, -l]", quoted into words).  No anchors, no comments after a value in quotes, no folded blocks.

function unquoted(text) {
    if (text ~ /^".*"$/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/\\"/, "\"", text)
        gsub(/\\\\/, "\\", text)
    } else if (text ~ /^'.*'$/) {
        text = substr(text, 2, length(text) - 2)
        gsub(/''/, "'", text)
    }
    return text
}

function shell_word(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function command(item,    words, count, i, line) {
    if (item !~ /^\[.*\]$/)
        return unquoted(item)
    count = split(substr(item, 2, length(item) - 2), words, /[ \t]*,[ \t]*/)
    for (i = 1; i <= count; i++) {
        gsub(/^[ \t]+|[ \t]+$/, "", words[i])
        line = line (i > 1 ? " " : "") shell_word(unquoted(words[i]))
    }
    return line
}

function indent(text) {
    match(text, /^ */)
    return RLENGTH
}

{ sub(/\r$/, "") }

# Inside of a literal block: as long as lines are blank or deeper than the item that opened it.
literal && ($0 ~ /^[ ]*$/ || indent($0) > literal_under) {
    if (literal_depth < 0 && $0 !~ /^[ ]*$/)
        literal_depth = indent($0)
    if (want == "commands")
        print substr($0, literal_depth + 1)
    next
}
{ literal = 0 }

/^[ ]*(#|$)/ { next }

/^[A-Za-z_][A-Za-z0-9_-]*[ ]*:/ {
    key = $0
    sub(/[ ]*:.*/, "", key)
    value = $0
    sub(/^[^:]*:[ \t]*/, "", value)
    sub(/[ \t]+$/, "", value)
    if (key == "hostname")
        hostname = unquoted(value)
    else if (key == "fqdn")
        fqdn = unquoted(value)
    else if (key != "runcmd" && key != "bootcmd" && want == "unknown")
        print key
    next
}

(key == "runcmd" || key == "bootcmd") && /^[ ]*- / {
    item = $0
    sub(/^[ ]*-[ \t]+/, "", item)
    sub(/[ \t]+$/, "", item)
    if (item ~ /^\|[-+]?$/) {
        literal = 1
        literal_under = indent($0)
        literal_depth = -1
    } else if (want == "commands")
        print command(item)
}

END {
    if (want == "hostname") {
        sub(/\..*/, "", fqdn)
        print (hostname != "" ? hostname : fqdn)
    }
}
