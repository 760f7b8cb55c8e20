/*
 * cxx: C++ needs more at its start and for its exceptions: constructors, unwinding, thread-local
 * objects, the containers on the heap, std::thread.
 */
#include "check.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

struct Early {
	std::string text;
	Early() : text("made before main")
	{
	}
};

Early early;
std::atomic<int> alive{ 0 };

struct Counted {
	Counted()
	{
		alive++;
	}
	Counted(const Counted &)
	{
		alive++;
	}
	~Counted()
	{
		alive--;
	}
};

thread_local std::vector<int> own;

int throw_deep(int depth)
{
	Counted here;

	if (depth == 0)
		throw std::runtime_error("from the deep");
	return throw_deep(depth - 1) + 1;
}

void check_exceptions()
{
	unsigned caught = 0;

	for (int i = 0; i < 50; i++) {
		try {
			throw_deep(i);
		} catch (const std::logic_error &) {
			caught += 1000;
		} catch (const std::exception &e) {
			caught += std::string(e.what()) == "from the deep";
		}
	}
	check_equal(caught, 50, "exceptions arrive where they belong");
	check_equal(alive, 0, "and every object on the way ends");
	try {
		std::vector<int>().at(3);
		check_that(false, "at() outside");
	} catch (const std::out_of_range &) {
		check_that(true, "the library's own exceptions");
	}
	try {
		volatile size_t bytes = 0xe0000000u;
		::operator delete(::operator new(bytes));
		check_that(false, "more memory than there is");
	} catch (const std::bad_alloc &) {
		check_that(true, "bad_alloc when memory runs out");
	}
}

void check_containers()
{
	std::map<std::string, int> words;
	std::vector<uint32_t> numbers(100000);
	uint32_t x = 1;

	for (auto &n : numbers)
		n = x = x * 1664525u + 1013904223u;
	std::sort(numbers.begin(), numbers.end());
	check_that(std::is_sorted(numbers.begin(), numbers.end()), "100000 numbers sorted");
	for (int i = 0; i < 5000; i++)
		words["word " + std::to_string(i % 1000)] += i;
	check_equal(static_cast<long>(words.size()), 1000, "a map of 1000 words");
	check_equal(words["word 7"], 7 + 1007 + 2007 + 3007 + 4007, "and its sums");
	std::ostringstream out;
	out << 1.5 << ' ' << std::hex << 255 << ' ' << early.text;
	check_that(out.str() == "1.5 ff made before main", "streams: %s", out.str().c_str());
}

void check_threads()
{
	std::vector<std::thread> threads;
	std::atomic<unsigned> right{ 0 };
	std::mutex lock;
	unsigned sum = 0;

	for (int n = 0; n < 8; n++)
		threads.emplace_back([&, n] {
			for (int i = 0; i < 1000; i++)
				own.push_back(n * i);
			right += own.size() == 1000 && own[999] == n * 999;
			std::lock_guard<std::mutex> held(lock);
			sum += std::accumulate(own.begin(), own.end(), 0u);
		});
	for (auto &t : threads)
		t.join();
	check_equal(right, 8, "thread_local vectors");
	check_equal(sum, 28u * 499500u, "sums of eight threads");
	check_that(own.empty(), "this thread's is empty");
}

void check_exceptions_in_threads()
{
	std::vector<std::future<int>> results;
	unsigned caught = 0;

	for (int n = 0; n < 8; n++)
		results.push_back(std::async(std::launch::async, throw_deep, 20 + n));
	for (auto &r : results) {
		try {
			r.get();
		} catch (const std::runtime_error &) {
			caught++;
		}
	}
	check_equal(caught, 8, "exceptions cross from thread to thread");
	check_equal(alive, 0, "and nothing is left over");
}

} // namespace

int main()
{
	check_that(early.text == "made before main", "a static constructor ran");
	check_exceptions();
	check_containers();
	check_threads();
	check_exceptions_in_threads();
	return check_end("cxx");
}
