;; for what has no bytes, a block was written around an if (--flatten --coalesce-locals --simplify-locals)
(module
  (func (export "f") (result v128)
    (i32x4.gt_u
      (block $b (result v128)
        (if (result v128)
          (i32.const 0)
          (then (v128.const i32x4 0 0 0 0))
          (else
            (br_if $b (v128.const i32x4 0 0 0 0) (i32.const 0))
            (drop)
            (v128.const i32x4 0 0 0 0))))
      (v128.const i32x4 0 0 0 0))))
