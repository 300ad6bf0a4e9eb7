;; flatten took the value of br_if from the local of the label, which the next branch to it assigned to (--flatten)
(module
  (func (export "f") (result i32)
    (local i32)
    (block $b (result i32)
      (drop
        (br_if $b
          (br_if $b (local.get 0) (local.get 0))
          (br_if $b (i32.const 1) (local.get 0))))
      (i32.const 0))))
