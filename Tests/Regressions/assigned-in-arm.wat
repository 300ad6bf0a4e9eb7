;; what an if tested was taken to hold behind it, although the arm had assigned the local anew (--jump-threading)
(module
  (global $g (mut i32) (i32.const 1))
  (func (export "once") (param $y i32) (result i32)
    (local $x i32) (local $count i32)
    (loop $again
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if 1 (local.get $count) (i32.gt_u (local.get $count) (i32.const 5)))
      (drop)
      (if (local.tee $x (global.get $g))
        (then (local.set $x (i32.and (local.get $y) (i32.const 0))))
        (else (unreachable)))
      (br_if $again (local.get $x)))
    (local.get $count)))
