;; a conversion that traps went where its value is not needed (--rematerialize)
(module
  (func (export "convert") (param $x i32) (result i64)
    (local $a i64)
    (local.set $a (i64.trunc_f32_u (f32.const inf)))
    (if (local.get $x) (then (return (local.get $a))))
    (i64.const 1)))
