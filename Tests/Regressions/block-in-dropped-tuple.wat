;; merge-blocks dropped the values of a tuple, and early only the next time what is in a block (--merge-blocks)
(module
  (func (export "f") (param i32)
    (block $a (result i32 f64)
      (br $a
        (block $b (result i32) (br_if $b (i32.const 1) (local.get 0)) (drop) (br $b (i32.const 0)))
        (f64.const 1)))
    (drop)
    (drop)))
