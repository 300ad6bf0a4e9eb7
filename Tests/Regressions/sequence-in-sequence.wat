;; merge-blocks moved only the outer of two sequences out of an operand, and the inner one the next time (--merge-blocks)
(module
  (memory 1 1 shared)
  (func (export "f") (param i32) (result i32)
    (i32.atomic.rmw.sub
      (i32.const 0)
      (block (result i32)
        (local.set 0 (i32.const 4))
        (i32.atomic.rmw.and
          (i32.const 8)
          (block (result i32)
            (local.set 0 (i32.const 5))
            (i32.const 6)))))))
