;; a set moved down whose value does not come out: a dead read of a local that is not set any more came to life before it (--vacuum --heap2local --simplify-locals)
(module
  (type $s (struct (field (mut i32))))
  (func $f (param (ref $s) i32))
  (func (export "f")
    (local i32 (ref $s))
    (local.set 0
      (i32.const 0)
      (br_if 0 (i32.const 1))
      (local.set 1 (struct.new_default $s))
      (if (i32.const 1) (then (unreachable))))
    (call $f (local.get 1) (i32.add (local.get 0) (i32.const 1)))
    (unreachable)))
