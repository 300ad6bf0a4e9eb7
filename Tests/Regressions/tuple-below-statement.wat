;; what remains of br_table drops the index above a tuple, which grew locals each time it was read (--remove-unused-brs)
(module
  (type $t (func (result f64 i32)))
  (func $g (type $t) (f64.const 1) (i32.const 2))
  (func (export "f") (param i32) (result f64 i32)
    (br_table 0 0 0 (call $g) (local.get 0))))
