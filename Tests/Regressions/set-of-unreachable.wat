;; vacuum made the operand of the sets unreachable: they were not written, what reads the local was (--vacuum)
(module
  (type $s (struct))
  (func (export "f") (result (ref $s))
    (local i32) (local (ref $s))
    (block (result i32 (ref $s)) (unreachable))
    (local.set 1)
    (local.set 0)
    (local.get 1)))
