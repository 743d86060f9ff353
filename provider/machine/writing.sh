# shellcheck shell=sh
# Writing, with words for a disk that is full. Every script on the host may use these functions.

# Writes standard input to FILE: neither cat(1) nor the shell's own commands say which file it was that they could not write.
# What cannot be written is read all the same, lest its writer complains too.
# write_to FILE
write_to() {
  cat >"$1" || {
    echo "cannot write $1" >&2
    cat >/dev/null
    return 1
  }
}

# Says which of the file systems that these paths are on have no room.
# explain_full_disks PATH...
explain_full_disks() {
  df --block-size=1 --output=target,avail,iavail,itotal -- "$@" 2>/dev/null | awk '
    NR > 1 && !told[$1]++ {
      if ($2 < 1048576) print "the file system at " $1 " of the host is full: " $2 " bytes are left. Make room (df -h " $1 ")"
      else if ($4 > 0 && $3 < 64) print "the file system at " $1 " of the host has " $3 " inodes left for further files. Remove files (df -i " $1 ")"
    }' >&2
}
