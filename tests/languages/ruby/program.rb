require 'sinatra/base'
module Admin
  class UsersController < ApplicationController
    include Helper
    before_action :authenticate_user!, except: [:index, :show]
    skip_before_action :verify_authenticity_token
    has_many :posts, -> { order(:id) }
    LIMIT = 10

    def index
      @users = User.where("name = '#{params[:name]}'").order(params[:sort])
      sql = <<~SQL.squish
        select * from t where id = #{id} and x
      SQL
      User.find_by_sql([sql, 1])
      respond_to { |format| format.html; format.json { render json: @users } }
    end

    def create
      user = User.new(user_params)
      user.name = params[:user][:name] if params[:x].present?
      redirect_to params[:url], notice: "x" and return unless user.save
      out = `ls #{user.name}`
      system("ls", user.name)
      buf = +""
      buf << out << "x"
      a, b = 1, helper
      x ||= compute(1) { |i, (j, k)| i + j }
      return head :ok if x
      case x
      when 1, "a" then foo
      when String
        bar x
      else
        baz
      end
    rescue ActiveRecord::RecordNotFound, Foo => e
      render plain: e.message
    ensure
      cleanup
    end

    def self.build(name:, age: 3, **rest)
      @@count += 1
      new(name: name)
      Foo.new(name) { |x| x }
    end

    def short = "a".html_safe

    private

    def user_params
      params.require(:user).permit(:name, :email => [])
    end

    def check = raise(Error, "x")
  end
end

get '/x/:id' do |id|
  v = ->(a) { a * 2 }
  erb :index, locals: { name: params["name"] }
end
cmd = ARGV[0]
if cmd =~ /\A[a-z]+#{x}\z/
  exec cmd
elsif cmd == 'a'
  puts :"b c"
end
