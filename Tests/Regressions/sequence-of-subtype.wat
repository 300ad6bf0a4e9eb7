;; merge-blocks left a sequence around a value of a more exact type, and moved the value the next time (--merge-blocks)
(module
  (type $s (sub (struct)))
  (type $t (sub $s (struct (field i32))))
  (func (export "f") (param (ref null $t))
    (block $l (result (ref null $s)) (local.get 0))
    (drop (f64.const 0))
    (drop)))
