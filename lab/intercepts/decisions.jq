# The tool's decisions, a line for each register: ADDRESS (decimal) READ WRITE, "pass" or "exit".
def number: ltrimstr("0x") | ascii_downcase | explode | reduce .[] as $digit (0; . * 16 + if $digit > 57 then $digit - 87 else $digit - 48 end);
def word: if .exits then "exit" else "pass" end;
.registers[] | . as $these | range(.first | number; (.last | number) + 1) | "\(.) \($these.read | word) \($these.write | word)"
