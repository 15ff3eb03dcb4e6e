# Functions for awk programs that compare addresses and networks. An address becomes 8 or 32 hexadecimal digits, so that one
# comparison serves both families.
# shellcheck disable=SC2034,SC2016
NETWORKS_AWK='
  function nibbles(a,   p, n, i, j, out, head, tail, hn, tn, g) {
    if (index(a, ":") == 0) { split(a, p, "."); return sprintf("%02x%02x%02x%02x", p[1], p[2], p[3], p[4]) }
    i = index(a, "::"); out = ""
    if (i > 0) { head = substr(a, 1, i - 1); tail = substr(a, i + 2) } else { head = a; tail = "" }
    hn = split(head, p, ":"); for (j = 1; j <= hn; j++) out = out substr("0000" p[j], length(p[j]) + 1)
    tn = split(tail, g, ":"); n = 8 - hn - tn
    for (j = 1; i > 0 && j <= n; j++) out = out "0000"
    for (j = 1; j <= tn; j++) out = out substr("0000" g[j], length(g[j]) + 1)
    return out
  }
  function digit(c) { return index("0123456789abcdef", c) - 1 }
  function hex(d) { return substr("0123456789abcdef", d + 1, 1) }
  function covers(net, bits, addr,   whole, rest, d) {
    if (length(net) != length(addr)) return 0
    whole = int(bits / 4); rest = bits % 4
    if (substr(net, 1, whole) != substr(addr, 1, whole)) return 0
    if (rest == 0) return 1
    d = 2 ^ (4 - rest)
    return int(digit(substr(net, whole + 1, 1)) / d) == int(digit(substr(addr, whole + 1, 1)) / d)
  }
  function text(nib,   i, out) {
    if (length(nib) == 8) {
      for (i = 1; i < 8; i += 2) out = out (i > 1 ? "." : "") (16 * digit(substr(nib, i, 1)) + digit(substr(nib, i + 1, 1)))
      return out
    }
    for (i = 1; i < 32; i += 4) out = out (i > 1 ? ":" : "") substr(nib, i, 4)
    return out
  }
  # The network with its host bits set: all of them, without the last (which is no broadcast address then), or the last only.
  function first(nib, bits,   n) {
    n = length(nib)
    return bits >= 4 * n ? nib : substr(nib, 1, n - 1) hex(digit(substr(nib, n, 1)) + 1)
  }
  function last(nib, bits,   n, i, out, rest) {
    n = length(nib)
    if (bits >= 4 * n) return nib
    for (i = 1; i <= n; i++) {
      rest = bits - 4 * (i - 1)
      out = out (rest >= 4 ? substr(nib, i, 1) : rest <= 0 ? "f" : hex(digit(substr(nib, i, 1)) + 2 ^ (4 - rest) - 1))
    }
    return bits >= 4 * n - 1 ? out : substr(out, 1, n - 1) hex(digit(substr(out, n, 1)) - 1)
  }
  function prefix(cidr,   p) { split(cidr, p, "/"); return p[2] == "" ? (index(cidr, ":") ? 128 : 32) : p[2] + 0 }
  function base(cidr,   p) { split(cidr, p, "/"); return nibbles(p[1]) }
'
