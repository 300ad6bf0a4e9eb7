;; Multiplies and sorts matrices the way a C compiler does it that does not optimize: every variable has a place in a
;; frame of linear memory, is stored after each assignment and loaded before each use.
(module $frames
  (memory 4)
  (global $stack (mut i32) (i32.const 65536))

  ;; Fills `count` words at `target` from a linear congruential generator.
  (func $fill (param $target i32) (param $count i32)
    (local $frame i32)
    (local.set $frame (i32.sub (global.get $stack) (i32.const 16)))
    (i32.store offset=12 (local.get $frame) (local.get $target))
    (i32.store offset=8 (local.get $frame) (local.get $count))
    (i32.store offset=4 (local.get $frame) (i32.const 0))
    (i32.store (local.get $frame) (i32.const 12345))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.lt_s (i32.load offset=4 (local.get $frame)) (i32.load offset=8 (local.get $frame)))))
        (i32.store (local.get $frame)
          (i32.add
            (i32.mul (i32.load (local.get $frame)) (i32.const 1103515245))
            (i32.const 12345)))
        (i32.store
          (i32.add
            (i32.load offset=12 (local.get $frame))
            (i32.shl (i32.load offset=4 (local.get $frame)) (i32.const 2)))
          (i32.and (i32.shr_u (i32.load (local.get $frame)) (i32.const 16)) (i32.const 255)))
        (i32.store offset=4 (local.get $frame) (i32.add (i32.load offset=4 (local.get $frame)) (i32.const 1)))
        (br $next))))

  ;; Adds the product of row `row` of `left` and column `column` of `right`, both `size` wide.
  (func $product
    (param $left i32) (param $right i32) (param $size i32) (param $row i32) (param $column i32) (result i32)
    (local $frame i32)
    (local.set $frame (i32.sub (global.get $stack) (i32.const 32)))
    (global.set $stack (local.get $frame))
    (i32.store offset=28 (local.get $frame) (local.get $left))
    (i32.store offset=24 (local.get $frame) (local.get $right))
    (i32.store offset=20 (local.get $frame) (local.get $size))
    (i32.store offset=16 (local.get $frame) (local.get $row))
    (i32.store offset=12 (local.get $frame) (local.get $column))
    (i32.store offset=8 (local.get $frame) (i32.const 0))
    (i32.store offset=4 (local.get $frame) (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (i32.load offset=4 (local.get $frame)) (i32.load offset=20 (local.get $frame))))
        (i32.store offset=8 (local.get $frame)
          (i32.add
            (i32.load offset=8 (local.get $frame))
            (i32.mul
              (i32.load
                (i32.add
                  (i32.load offset=28 (local.get $frame))
                  (i32.shl
                    (i32.add
                      (i32.mul (i32.load offset=16 (local.get $frame)) (i32.load offset=20 (local.get $frame)))
                      (i32.load offset=4 (local.get $frame)))
                    (i32.const 2))))
              (i32.load
                (i32.add
                  (i32.load offset=24 (local.get $frame))
                  (i32.shl
                    (i32.add
                      (i32.mul (i32.load offset=4 (local.get $frame)) (i32.load offset=20 (local.get $frame)))
                      (i32.load offset=12 (local.get $frame)))
                    (i32.const 2)))))))
        (i32.store offset=4 (local.get $frame) (i32.add (i32.load offset=4 (local.get $frame)) (i32.const 1)))
        (br $next)))
    (i32.load offset=8 (local.get $frame))
    (global.set $stack (i32.add (local.get $frame) (i32.const 32))))

  ;; The trace of the product of two matrices of `size` rows.
  (func (export "trace") (param $size i32) (result i32)
    (local $index i32)
    (local $sum i32)
    (call $fill (i32.const 131072) (i32.mul (local.get $size) (local.get $size)))
    (call $fill (i32.const 196608) (i32.mul (local.get $size) (local.get $size)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $index) (local.get $size)))
        (local.set $sum
          (i32.add
            (local.get $sum)
            (call $product
              (i32.const 131072) (i32.const 196608) (local.get $size) (local.get $index) (local.get $index))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  ;; Sorts `count` words by insertion; returns the one in the middle.
  (func (export "median") (param $count i32) (result i32)
    (local $frame i32)
    (local.set $frame (i32.sub (global.get $stack) (i32.const 16)))
    (call $fill (i32.const 131072) (local.get $count))
    (i32.store offset=12 (local.get $frame) (i32.const 1))
    (block $done
      (loop $outer
        (br_if $done (i32.ge_s (i32.load offset=12 (local.get $frame)) (local.get $count)))
        (i32.store offset=8 (local.get $frame)
          (i32.load (i32.add (i32.const 131072) (i32.mul (i32.load offset=12 (local.get $frame)) (i32.const 4)))))
        (i32.store offset=4 (local.get $frame) (i32.load offset=12 (local.get $frame)))
        (block $placed
          (loop $inner
            (br_if $placed (i32.eqz (i32.load offset=4 (local.get $frame))))
            (br_if $placed
              (i32.eqz
                (i32.gt_u
                  (i32.load (i32.add (i32.const 131068) (i32.mul (i32.load offset=4 (local.get $frame)) (i32.const 4))))
                  (i32.load offset=8 (local.get $frame)))))
            (i32.store
              (i32.add (i32.const 131072) (i32.mul (i32.load offset=4 (local.get $frame)) (i32.const 4)))
              (i32.load (i32.add (i32.const 131068) (i32.mul (i32.load offset=4 (local.get $frame)) (i32.const 4)))))
            (i32.store offset=4 (local.get $frame) (i32.sub (i32.load offset=4 (local.get $frame)) (i32.const 1)))
            (br $inner)))
        (i32.store
          (i32.add (i32.const 131072) (i32.mul (i32.load offset=4 (local.get $frame)) (i32.const 4)))
          (i32.load offset=8 (local.get $frame)))
        (i32.store offset=12 (local.get $frame) (i32.add (i32.load offset=12 (local.get $frame)) (i32.const 1)))
        (br $outer)))
    (i32.load (i32.add (i32.const 131072) (i32.shl (i32.shr_u (local.get $count) (i32.const 1)) (i32.const 2))))))
