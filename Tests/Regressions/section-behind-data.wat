;; what is behind an empty data section stood behind the names, then before them (--remove-unused-module-elements)
(module $m
  (memory 1)
  (data $unused "")
  (@custom "one" (after code) "1")
  (@custom "two" (after data) "2")
  (func (export "f")))
