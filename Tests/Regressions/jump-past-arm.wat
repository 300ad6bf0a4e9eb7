;; what held in an arm that some ways go past was taken to hold behind it, too (--jump-threading)
(module
  (func $f)
  (func (export "multi") (param $x i32) (result i32)
    (if (local.get $x) (then (call $f) (call $f) (call $f)))
    (if (i32.eqz (local.get $x)) (then (call $f) (call $f) (call $f)))
    (if (result i32) (local.get $x)
      (then (call $f) (call $f) (i32.const 8))
      (else (call $f) (call $f) (i32.const 9)))))
