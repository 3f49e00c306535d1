# Adds to every entry the memberOf values that the overlay would have written: slapadd runs no overlays.
#
# Called with the groups first, then with everything that is loaded: awk -f memberof.awk groups.ldif all.ldif
# A DN is compared as it is written, "dn: …" with "member: …" and "dn:: …" with "member:: …".

FNR == NR && /^dn:/     { group = substr($0, 3) }
FNR == NR && /^member:/ { values[substr($0, 7)] = values[substr($0, 7)] "memberOf" group "\n" }
FNR == NR               { next }

/^dn:/ { entry = substr($0, 3) }
/^$/   { finish() }
       { print }

END {
    finish()
    for (missing in values) {
        print "member" missing ": no such entry" > "/dev/stderr"
        status = 1
    }
    exit status
}

function finish() {
    printf "%s", values[entry]
    delete values[entry]
    entry = ""
}
