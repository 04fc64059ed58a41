// Classical layers around the circuits: products of rows with the matrix of their kind, and messages between atoms.
#pragma once

#include <cstdint>
#include <vector>

#include "each_isa.hpp"
#include "job.hpp"

namespace qffc {

// forward    rows (in), weights (kinds, in, out)      ->  rows (out)
// backward   rows (out), weights                      ->  rows (in)
// outer      rows (in), rows (out)                    ->  weights: the sum of outer products over the rows of a kind
enum class ProductMode { forward, backward, outer };

constexpr int64_t rows_of_block = 6, columns_of_block = 48;
constexpr int64_t most_basis = 32;  // functions of an edge

// Part of a product: forward, rows of one kind; else rows of the matrix of that kind.
struct RowBlock {
  int64_t kind, first, count;
};

template <class T>
struct Product {
  ProductMode mode;
  int64_t in, out;
  const T* left;     // rows (in)
  const T* right;    // rows (out)
  const T* weights;  // (kinds, in, out)
  T* result;
  std::vector<int32_t> rows;    // numbers of rows, those of one kind side by side
  std::vector<int64_t> starts;  // of each kind, and the end
  std::vector<RowBlock> blocks;
};

// forward    inputs                                 ->  vectors, numbers
// along      inputs, their directions               ->  the derivatives of both
// reverse    inputs, weights of both                ->  gradient by inputs
// twice      inputs, directions, weights of the derivatives -> gradient by inputs, and by directions
//
// The weighted sum whose gradient is meant is that of the outputs, or of their derivatives.
enum class MessageMode { forward, along, reverse, twice };

// All that differentiates: values, derivatives along a direction, gradients.
//
// basis       (edges, batch, basis)              radial functions of an edge
// directions  (edges, batch, 3)
// tables      (kinds, basis, 3 vectors + numbers)
// heard       (atoms, batch, 4, vectors)         three components, then what numbers tell
// sent        (atoms, batch, numbers)
template <class P>
struct MessageArrays {
  P basis, directions, tables, heard, sent;
};

template <class T>
struct Messages {
  MessageMode mode;
  int64_t edges, batch, basis, kinds, atoms, vectors, numbers;
  const int32_t* receivers;
  const int32_t* senders;
  const int32_t* edge_kinds;
  bool tables_move;   // along and twice: whether tables have a direction
  bool want_tables;   // reverse and twice: whether the gradient by tables is asked for
  MessageArrays<const T*> values, along;
  const T* vector_weights;
  const T* number_weights;
  const T* vector_weights_along;  // twice: weights of the outputs themselves beside those of derivatives; may be null
  const T* number_weights_along;
  T* vectors_out;  // (atoms, batch, 3, vectors)
  T* numbers_out;  // (atoms, batch, numbers)
  MessageArrays<T*> gradient, gradient_along;

  int64_t functions() const { return 3 * vectors + numbers; }
  int64_t rows() const { return atoms * batch; }
};

// What the edges [first, last) of a job add to, of the sizes of the job's own arrays.
template <class T>
struct MessageSums {
  int64_t first, last;
  T* vectors_out;
  T* numbers_out;
  MessageArrays<T*> gradient, gradient_along;
};

template <class T>
struct Layers {
  void (*product_task)(const Product<T>&, int64_t task);
  void (*messages)(const Messages<T>&, const MessageSums<T>&);
};

QFFC_DECLARE_TABLES(Layers, layers)

}  // namespace qffc
