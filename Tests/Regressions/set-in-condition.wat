;; merge-blocks moved the set in front of the `if`, into the block that has its label, and out of sight (--merge-blocks)
(module
  (type $s (struct))
  (func (export "f") (param $i i32) (result (ref $s))
    (local $x (ref $s))
    (if $out
      (i32.add
        (local.get $i)
        (local.set $x (struct.new $s))
        (i32.const 1))
      (then
        (br_if $out (local.get $i))
        (local.set $i (i32.const 3))))
    (local.get $x)))
