;; what is behind a data section that is gone stood behind the names, and before them the next time (--remove-unused-module-elements)
(module $m
  (memory 1)
  (data $unused "")
  (@custom "one" (after code) "1")
  (@custom "two" (after data) "2")
  (func (export "f")))
